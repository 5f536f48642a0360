import { useSearch } from "@tanstack/react-router";
import { Gate } from "../auth/gate.tsx";
import { ButtonLink } from "../frame/button-link.tsx";
import { signIns, someSignIn } from "../words/sign-ins.ts";

/** Where people land who come back from a provider without a storage: what happened, and what to do. */
export function NotConnectedPage() {
  const { why = "unknown", provider, band, connection } = useSearch({ from: "/not-connected" });
  const words = (provider ? signIns[provider] : someSignIn).notConnected;
  return (
    <Gate title={words.title} text={words.why[why]}>
      <p>{words.kept}</p>
      {band ? (
        connection ? (
          <ButtonLink
            size="lg"
            to="/b/$bandId/storage/$connectionId/reconnect"
            params={{ bandId: band, connectionId: connection }}
          >
            {words.again}
          </ButtonLink>
        ) : (
          <ButtonLink
            size="lg"
            to="/b/$bandId/storage/add"
            params={{ bandId: band }}
            search={provider ? { provider } : {}}
          >
            {words.again}
          </ButtonLink>
        )
      ) : (
        <ButtonLink size="lg" to="/">
          {words.home}
        </ButtonLink>
      )}
    </Gate>
  );
}
