import { describe, expect, test } from "vitest";
import { commonPasswords } from "#server/auth/common-passwords.ts";
import { requireUnguessable } from "#server/auth/guessable-passwords.ts";

const about = ["anna.lind@nightshift.example", "Anna Lind"];
const isTaken = (password: string): boolean => {
  try {
    requireUnguessable(password, about);
    return true;
  } catch {
    return false;
  }
};
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
    "1qaz2wsx3edc",
    "Mustang1",
    "!Charlotte99",
    "m0untain",
    "liverpoolfc",
  ])("%s", (password) => {
    expect(check(password)).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });
});

test("nothing of the list of passwords from breaches is taken", () => {
  const common = [...commonPasswords()].filter((each) => each.length >= 8);
  expect(common.length).toBeGreaterThan(15_000);
  const taken = common.filter((each) => isTaken(each) || isTaken(each.toUpperCase()));
  expect(taken).toEqual([]);
});

describe("a password that nobody would guess is taken", () => {
  test.each([
    "seven blue trombones",
    "tr0mb0ne-w1nd0w",
    "пёстрый барабан",
    "x9Kq2vLm",
    "mustang 7 1 4 9 2 8",
    "🎺".repeat(64),
  ])("%s", (password) => {
    expect(check(password)).not.toThrow();
  });
});
