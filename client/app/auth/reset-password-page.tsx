import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { refusalOf, sentenceOf, trpc } from "../api.ts";
import { ButtonLink } from "../frame/button-link.tsx";
import { auth } from "../words/auth.ts";
import { NewPasswordField, wrongNewPassword } from "./account-fields.tsx";
import s from "./gate.module.css";
import { FormFailure, Gate } from "./gate.tsx";
import { useLinkToken } from "./link-token.ts";
import { endSession } from "./session.ts";
import { useFields } from "./use-fields.ts";

const words = auth.reset;

export function ResetPasswordPage() {
  const token = useLinkToken();
  if (token === "") {
    return (
      <Gate title={auth.verify.old} text={words.missing}>
        <ButtonLink to="/forgot-password">{words.askAgain}</ButtonLink>
      </Gate>
    );
  }
  return (
    <Gate title={words.title} text={words.text}>
      <ResetForm key={token} token={token} />
    </Gate>
  );
}

function useReset() {
  const navigate = useNavigate();
  return useMutation(
    trpc.auth.resetPassword.mutationOptions({
      onSuccess() {
        endSession("signed_out");
        void navigate({ to: "/sign-in", search: { changed: true }, replace: true });
      },
    }),
  );
}

function ResetForm({ token }: { readonly token: string }) {
  const reset = useReset();
  const { field, submit } = useFields({
    initial: { password: "" },
    findWrong: ({ password }) => ({ password: wrongNewPassword(password) }),
    onSubmit: ({ password }) => reset.mutate({ token, password }),
  });
  return (
    <form className={s.form} onSubmit={submit} noValidate>
      <NewPasswordField field={field("password")} label={words.password} personal={[]} autoFocus />
      <ResetFailure error={reset.error} />
      <Button type="submit" size="lg" loading={reset.isPending} fullWidth>
        {words.submit}
      </Button>
    </form>
  );
}

function ResetFailure({ error }: { readonly error: unknown }) {
  if (!error) return <FormFailure>{null}</FormFailure>;
  const isOld = refusalOf(error)?.code === "not_found";
  return (
    <FormFailure>
      {sentenceOf(error)} {isOld ? <Link to="/forgot-password">{words.askAgain}</Link> : null}
    </FormFailure>
  );
}
