import { notifications } from "@mantine/notifications";

/** In place of what was said under the same id. */
export function sayOnce(id: string, title: string, message: string): void {
  notifications.hide(id);
  notifications.show({ id, title, message });
}
