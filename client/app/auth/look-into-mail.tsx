import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { sentenceOf } from "../api.ts";
import { auth } from "../words/auth.ts";
import s from "./gate.module.css";
import { Aside, FormFailure, Gate } from "./gate.tsx";

const words = auth.mail;

/** A mutation that sends the mail once more. */
interface Sending {
  readonly mutate: (input: { readonly email: string }) => void;
  readonly isPending: boolean;
  readonly isSuccess: boolean;
  readonly error: unknown;
}

interface LookIntoMailProps {
  readonly email: string;
  readonly text: string;
  readonly again: Sending;
  /** Back to the form, for an address that was mistyped. */
  readonly onOther: () => void;
}

/** The same for every address: whether it has an account is only said in the mail. */
export const LookIntoMail = ({ email, text, again, onOther }: LookIntoMailProps) => (
  <Gate title={words.title} text={text} isAnswer>
    <p className={s.help}>{words.help}</p>
    <FormFailure>{again.error ? sentenceOf(again.error) : null}</FormFailure>
    <div className={s.actions}>
      <Button variant="default" loading={again.isPending} onClick={() => again.mutate({ email })}>
        {words.again}
      </Button>
      <Button variant="default" onClick={onOther}>
        {words.other}
      </Button>
    </div>
    <output className={s.answer}>{again.isSuccess ? words.sentAgain : ""}</output>
    <Aside>
      <Link to="/sign-in">{words.toSignIn}</Link>
    </Aside>
  </Gate>
);
