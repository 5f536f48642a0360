/** Letters of one comment, as a text field counts them. */
export const LONGEST_COMMENT = 2_000;
/** Letters of the name that a guest gives themselves. */
export const LONGEST_GUEST_NAME = 60;
