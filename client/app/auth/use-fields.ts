import { type FormEvent, useState } from "react";

/** What is wrong with each field, to be said beside it. */
export type Wrong<T> = { readonly [Name in keyof T]?: string | undefined };

interface FieldsOptions<T> {
  readonly initial: T;
  /** What the server would refuse anyway, said at once. */
  readonly findWrong: (form: T) => Wrong<T>;
  readonly onSubmit: (form: T) => void;
}

/** The texts of a form. Sending it with something wrong leads to the first field that is. */
export function useFields<T extends Readonly<Record<string, string>>>(options: FieldsOptions<T>) {
  const [form, setForm] = useState<T>(options.initial);
  const [wrong, setWrong] = useState<Wrong<T>>({});

  const field = <Name extends keyof T & string>(name: Name) => ({
    name,
    value: form[name],
    error: wrong[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setForm((before) => ({ ...before, [name]: value }));
      setWrong((before) => ({ ...before, [name]: undefined }));
    },
  });

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const found = options.findWrong(form);
    setWrong(found);
    const first = Object.entries(found).find(([, sentence]) => sentence !== undefined)?.[0];
    if (first) event.currentTarget.querySelector<HTMLInputElement>(`[name=${first}]`)?.focus();
    else options.onSubmit(form);
  };

  return { form, field, submit };
}
