import { Link } from "@tanstack/react-router";
import { leaving } from "../words/leaving.ts";
import { Aside, Gate } from "./gate.tsx";

const words = leaving.goodbye;

/** The last screen of somebody who has deleted their account. */
export const GoodbyePage = () => (
  <Gate title={words.title} text={words.text} isAnswer>
    <Aside>
      <Link to="/sign-in">{words.toSignIn}</Link>
    </Aside>
  </Gate>
);
