import { Notifications } from "@mantine/notifications";
import { frame } from "../words/frame.ts";

/** What is said in passing: a scan is over, a track was skipped. */
export const Notices = () => (
  <section aria-label={frame.messages}>
    <Notifications
      withinPortal={false}
      position="bottom-right"
      limit={4}
      autoClose={7000}
      zIndex={300}
    />
  </section>
);
