import { asPair, isJsonObject } from "../messages/json.ts";
import { parseDate } from "./date-text.ts";
import type { MessageBudget } from "./message-budget.ts";
import { untagPrimitive } from "./tagged-primitive.ts";

/** The object without further values in it that a tag and its content stand for; `undefined` if there is none. */
export function restoreLeaf(
  tag: string,
  content: unknown,
  budget: MessageBudget,
): object | undefined {
  if (tag === "$date") return parseDate(content);
  return tag === "$regexp" ? restoreRegExp(content, budget) : restoreBoxed(content);
}

function restoreRegExp(content: unknown, budget: MessageBudget): RegExp | undefined {
  const [source, flags] = asPair(content) ?? [];
  if (typeof source !== "string" || typeof flags !== "string") return undefined;
  if (!budget.takePattern(source, flags)) return undefined;
  // A message that is refused in the end needs no more of them: each unknown one takes as long as hundreds of others.
  if (budget.unknownPattern) return new RegExp("");
  try {
    return new RegExp(source, flags);
  } catch {
    // A newer runtime may know more. All else is read nevertheless: there may be streams in it.
    budget.unknownPattern = true;
    return new RegExp("");
  }
}

function restoreBoxed(content: unknown): object | undefined {
  if (!isJsonObject(content)) return isPrimitive(content) ? boxOf(content) : undefined;
  const [tag = "", ...others] = Object.keys(content);
  const [primitive] = others.length === 0 ? untagPrimitive(tag, content[tag]) : [];
  return primitive === undefined ? undefined : boxOf(primitive);
}

function boxOf(primitive: string | number | boolean | bigint): object {
  return new Object(primitive);
}

function isPrimitive(content: unknown): content is string | number | boolean {
  return typeof content === "string" || typeof content === "number" || typeof content === "boolean";
}
