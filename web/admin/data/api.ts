import { computed, signal } from "@preact/signals";
import { ApiError, createClient } from "../../../lib/api/client.ts";
import type { Who } from "./types.ts";

/** The server, and who we are to it. */

export { ApiError };

/** Who is logged in; "out" when nobody is, or no longer. */
export const who = signal<Who | "out" | "unknown">("unknown");

const RANKS = ["read", "signal", "operate", "admin"] as const;

function mayAs(rank: typeof RANKS[number]): boolean {
  const now = who.value;
  return typeof now === "object" &&
    RANKS.indexOf(now.scope) >= RANKS.indexOf(rank);
}
/** Whether tasks and agents may be changed. */
export const mayOperate = computed(() => mayAs("operate"));
/** Whether tokens and settings may be changed. */
export const mayAdmin = computed(() => mayAs("admin"));

/** The client; an answer that says "not logged in" also ends the session here. */
export const api = createClient(async (input, init) => {
  const response = await fetch(input, { ...init, credentials: "same-origin" });
  if (response.status === 401 && who.peek() !== "unknown") who.value = "out";
  return response;
});

const channel = new BroadcastChannel("kas-session");
channel.addEventListener("message", () => void identify());

/** Asks the server who we are. @throws ApiError when it does not answer */
export async function identify(): Promise<void> {
  // First whether we are anybody: a refusal would stand as an error on the console.
  const { active } = await api.call("GET /v1/session");
  who.value = active ? await api.call("GET /v1/whoami") : "out";
}

/** Trades a one-time code for a session; other tabs go on with it. @throws ApiError */
export async function logIn(code: string): Promise<void> {
  await api.call("POST /v1/login", { body: { code } });
  await identify();
  channel.postMessage("changed");
}

/** Ends the session, in all tabs. @throws ApiError */
export async function logOut(): Promise<void> {
  await api.call("POST /v1/logout");
  who.value = "out";
  channel.postMessage("changed");
}

/** What to tell a person about an error: what happened, and what to do. */
export function explain(
  error: unknown,
): { readonly text: string; readonly hint: string } {
  if (error instanceof ApiError) {
    return { text: error.problem.detail, hint: error.problem.hint ?? "" };
  }
  return {
    text: error instanceof Error ? error.message : String(error),
    hint: "",
  };
}

/** The same in one line, for a form. Null when the session is over: the page says that by itself. */
export function reason(error: unknown): string | null {
  if (error instanceof ApiError && error.status === 401 && who.peek() === "out") return null;
  const { text, hint } = explain(error);
  return hint === "" ? text : `${text}. ${hint}`;
}
