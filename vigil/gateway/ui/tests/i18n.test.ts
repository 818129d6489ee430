import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";

type Leaf = string | ((...args: never[]) => string);

function leaves(value: unknown, path = ""): [string, Leaf][] {
  if (typeof value === "string" || typeof value === "function") return [[path, value as Leaf]];
  return Object.entries(value as object).flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key));
}

/** The words of a leaf; those of a function with figures in place of its arguments. */
function wordsOf(leaf: Leaf): string {
  if (typeof leaf === "string") return leaf;
  return (leaf as (...args: unknown[]) => string)(...Array.from({ length: leaf.length }, () => 2));
}

const chinese = new Map(leaves(zh));
const english = new Map(leaves(en));

describe("the two languages", () => {
  it("have the same strings", () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort());
  });

  it("take the same arguments", () => {
    const arity = (leaf: Leaf | undefined) => (typeof leaf === "function" ? leaf.length : typeof leaf);
    for (const [key, leaf] of chinese) expect([key, arity(english.get(key))]).toEqual([key, arity(leaf)]);
  });

  it("say something everywhere", () => {
    for (const [key, leaf] of [...chinese, ...english]) expect([key, wordsOf(leaf).trim()]).not.toEqual([key, ""]);
  });

  it("are not mixed", () => {
    for (const [key, leaf] of english) expect([key, wordsOf(leaf)]).not.toEqual([key, expect.stringMatching(/\p{Script=Han}/u)]);
  });
});

it("no component has words of its own", () => {
  const root = join(import.meta.dirname, "../src");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".vue"));
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    const code = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*/g, "");
    const words = /\p{Script=Han}+/u.exec(code.replaceAll("中文", ""))?.[0];
    expect([file, words]).toEqual([file, undefined]);
  }
});
