import { NothingHere } from "../frame/broken.tsx";
import { isNotTheirs } from "../frame/failed.tsx";
import { FailedView, ViewTabs } from "./view-screen.tsx";
import s from "./views.module.css";

interface OneOfViewProps {
  readonly error: unknown;
  readonly onRetry: () => void;
}

/** In place of an album, artist or genre that is not there yet, or not at all. */
export function OneOfView({ error, onRetry }: OneOfViewProps) {
  if (isNotTheirs(error)) return <NothingHere />;
  return (
    <div className={s.page}>
      <ViewTabs />
      {error ? (
        <FailedView error={error} onRetry={onRetry} />
      ) : (
        <div className={s.body} aria-hidden="true">
          <div className={s.about}>
            <span className={s.largeCover}>
              <span className={s.bone} />
            </span>
          </div>
        </div>
      )}
    </div>
  );
}
