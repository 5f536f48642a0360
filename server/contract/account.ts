import { z } from "zod";
import { Email, LinkToken, PersonName } from "./auth.ts";
import { MAX_PICTURE_BYTES } from "./pictures.ts";

/** A language and region as BCP 47 names it, in the way it is written: `de-CH`. */
const Locale = z
  .string()
  .max(35)
  .transform((tag, context) => findLocale(tag) ?? refuse(context, "This language is not known"));

/** A place as the IANA names it, in the way it is written: `Europe/Zurich`. */
const TimeZone = z
  .string()
  .max(64)
  .transform(
    (name, context) => findTimeZone(name) ?? refuse(context, "This time zone is not known"),
  );

export const UpdateProfile = z.strictObject({
  name: PersonName,
  /** How dates and times are written; `null`: as the browser says. */
  locale: Locale.nullable(),
  /** Where the clock is read; `null`: as the browser says. */
  timeZone: TimeZone.nullable(),
});
export type UpdateProfile = z.infer<typeof UpdateProfile>;

const MAX_PICTURE_CHARACTERS = Math.ceil(MAX_PICTURE_BYTES / 3) * 4;

export const SetPicture = z.strictObject({
  /** The file in base64, whatever kind of picture it is. */
  picture: z
    .string()
    .max(MAX_PICTURE_CHARACTERS, "A picture can have at most 700 kB")
    .regex(/^[A-Za-z\d+/]*={0,2}$/, "This is not base64"),
});

export const ChangeEmail = z.strictObject({ email: Email });
export type ChangeEmail = z.infer<typeof ChangeEmail>;

export const ConfirmEmailChange = z.strictObject({ token: LinkToken });

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: "custom", message });
  return z.NEVER;
}

function findLocale(tag: string): string | undefined {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag)[0];
  } catch {
    // No such form of a tag.
    return undefined;
  }
}

/** Places only: not every browser knows an offset such as `+01:00`. */
function findTimeZone(name: string): string | undefined {
  if (!/^[a-z]/i.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
