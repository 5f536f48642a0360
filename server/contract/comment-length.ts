/** Letters of one comment, as a text field counts them. */
export const LONGEST_COMMENT = 2_000;
