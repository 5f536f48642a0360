import { describe, expect, test } from "vitest";
import { requireUnguessable } from "#server/auth/guessable-passwords.ts";

const about = ["anna.lind@nightshift.example", "Anna Lind"];
const check = (password: string) => () => requireUnguessable(password, about);

describe("a password that others would try first is refused", () => {
  test.each([
    "password",
    "Password1",
    "P@ssw0rd!",
    "$ecret12",
    "🎺🎺🎺🎺🎺🎺🎺🎺",
    "Backline2026!",
    "backline",
    "12345678",
    "24121987",
    "qwertyuiop",
    "abcdefgh",
    "hgfedcba",
    "aaaaaaaa",
    "abcabcabc",
    "123123123",
    "iloveyou1",
    "annalind99",
    "nightshift!",
    "Nightshift2026",
  ])("%s", (password) => {
    expect(check(password)).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });
});

describe("a password that nobody would guess is taken", () => {
  test.each([
    "seven blue trombones",
    "tr0mb0ne-w1nd0w",
    "пёстрый барабан",
    "x9Kq2vLm",
    "🎺".repeat(64),
  ])("%s", (password) => {
    expect(check(password)).not.toThrow();
  });
});
