import { Button, Skeleton, Switch, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { MaintenanceChoice } from "#contract/system.ts";
import { queryClient, sentenceOf, trpc } from "../api.ts";
import { refreshEvents } from "../audit/events.ts";
import { refreshMaintenance } from "../auth/maintenance.ts";
import { useFields } from "../auth/use-fields.ts";
import { maintenance } from "../words/maintenance.ts";
import s from "./admin.module.css";

const words = maintenance.admin;

export function MaintenanceSwitch() {
  const { data: choice } = useQuery(trpc.admin.maintenance.get.queryOptions());
  return choice ? <Chosen choice={choice} /> : <Skeleton height={240} />;
}

function useSet(wasOn: boolean) {
  return useMutation(
    trpc.admin.maintenance.set.mutationOptions({
      onSuccess(_, { isOn }) {
        const said = wasOn ? words.told : words.on;
        notifications.show({ message: isOn ? said : words.off });
      },
      onError: (error) => notifications.show({ message: sentenceOf(error) }),
      async onSettled() {
        await queryClient.invalidateQueries({ queryKey: trpc.admin.maintenance.get.queryKey() });
        await Promise.all([refreshMaintenance(), refreshEvents()]);
      },
    }),
  );
}

function Chosen({ choice }: { readonly choice: MaintenanceChoice }) {
  const set = useSet(choice.isOn);
  const { form, field, submit } = useFields({
    initial: { message: choice.message ?? "", until: toLocal(choice.until) },
    findWrong: () => ({}),
    onSubmit: () => choose(choice.isOn),
  });
  const choose = (isOn: boolean) =>
    set.mutate({ isOn, message: form.message.trim() || null, until: toMoment(form.until) });
  const isOn = set.isPending ? set.variables.isOn : choice.isOn;

  return (
    <form className={s.maintenance} onSubmit={submit} noValidate aria-label={maintenance.title}>
      <p className={s.linkText}>{words.text}</p>
      {choice.isHeldOn ? <p className={s.held}>{words.held}</p> : null}
      <TextInput
        {...field("message")}
        label={words.message}
        description={words.messageHint}
        maxLength={300}
        autoComplete="off"
      />
      <TextInput
        {...field("until")}
        type="datetime-local"
        label={words.until}
        description={words.untilHint}
      />
      <div className={s.actions}>
        <Switch
          label={words.switch}
          checked={isOn}
          disabled={set.isPending}
          onChange={(event) => choose(event.currentTarget.checked)}
        />
        {choice.isOn ? (
          <Button type="submit" variant="default" loading={set.isPending}>
            {words.update}
          </Button>
        ) : null}
      </div>
    </form>
  );
}

/** As the field wants it: the time of this place, without its zone. */
function toLocal(moment: string | null): string {
  if (moment === null) return "";
  const date = new Date(moment);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

const toMoment = (local: string): string | null =>
  local === "" ? null : new Date(local).toISOString();
