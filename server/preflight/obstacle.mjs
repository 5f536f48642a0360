/** A reason not to start. Its message is for the person who started it, and is told without a stack. */
export class Obstacle extends Error {}
