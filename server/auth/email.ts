/** What addresses are compared by: people don't remember how they typed theirs. */
export const toEmailKey = (email: string): string => email.trim().normalize("NFKC").toLowerCase();
