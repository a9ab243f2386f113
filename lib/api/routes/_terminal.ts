import * as v from "valibot";
import { requireRunning } from "../../engine/talk.ts";
import { KasError, messageOf } from "../../errors.ts";
import { sessionNote } from "../../engine/notes.ts";
import { SCOPES, type Session } from "../../store/types.ts";
import type { ScreenState } from "../../session/tmux/screens.ts";
import { HttpError } from "../problem.ts";
import type { Call } from "../route.ts";
import { type TerminalClient, terminalClient, type TerminalServer } from "../schema/instances.ts";

/** A live terminal over a WebSocket. @see https://www.rfc-editor.org/rfc/rfc6455 */

/** A client that has not taken this much yet gets no more screens until it has. */
const MAX_QUEUED = 1024 * 1024;
/** How often it is asked whether the token still holds, in ms. */
const CHECK_MS = 5_000;
/** Largest message of a client, in characters. */
const MAX_MESSAGE = 200_000;

type TerminalCall = Pick<Call, "context" | "request" | "caller" | "site">;

/**
 * Upgrades the request.
 * @throws HttpError "bad_request" when it is no WebSocket, KasError "guard" unless the instance runs
 */
export function openTerminal(call: TerminalCall, session: Session): Response {
  const { request, context } = call;
  requireRunning(session, "show the terminal of");
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    throw new HttpError("bad_request", "Cannot show a terminal here: this is no WebSocket", {
      hint: "Open the address with a WebSocket",
    });
  }
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 60 });
  socket.onopen = () => serve(call, session, socket, context.stop);
  return response;
}

function serve(call: TerminalCall, session: Session, socket: WebSocket, stop: AbortSignal): void {
  const writable = SCOPES.indexOf(call.caller.scope) >= SCOPES.indexOf("operate");
  const { screens } = call.context;
  let waiting: ScreenState | null = null;
  const send = (message: TerminalServer): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
  const end = (reason: string): void => {
    send({ type: "end", reason });
    if (socket.readyState === WebSocket.OPEN) socket.close(1000, reason.slice(0, 100));
  };
  const show = (screen: ScreenState): void => {
    // Only the newest screen matters: a slow client skips those between.
    waiting = socket.bufferedAmount > MAX_QUEUED ? screen : null;
    const { text, cols, rows, cursor } = screen;
    if (waiting === null) send({ type: "screen", screen: text, cols, rows, cursor });
  };
  send({ type: "status", writable, title: session.title });
  const unwatch = screens.watch(session.tmuxName, { changed: show, ended: end });
  const onStop = (): void => end("the server stops");
  stop.addEventListener("abort", onStop, { once: true });
  const timer = setInterval(async () => {
    if (waiting !== null) show(waiting);
    if (!(await stillAllowed(call))) end("the session has expired");
  }, CHECK_MS);
  let typed = false;
  let queue = Promise.resolve();
  socket.onmessage = ({ data }) => {
    // One after the other, so that keys arrive in the order they were pressed.
    queue = queue.then(async () => {
      try {
        if (!writable) throw new KasError("guard", "Cannot type: this token may only read");
        const message = parseMessage(data);
        if (message.type !== "resize" && !typed) {
          typed = true;
          await noteTyping(call, session);
        }
        await obey(call, session, message);
      } catch (error) {
        send({ type: "error", detail: messageOf(error) });
      }
    });
  };
  socket.onclose = () => {
    unwatch();
    clearInterval(timer);
    stop.removeEventListener("abort", onStop);
  };
}

/** Whether the token that opened a stream still holds. */
export async function stillAllowed(
  { request, site, caller }: Pick<Call, "request" | "site" | "caller">,
): Promise<boolean> {
  if (site.door === null || caller.tokenId === null) return true;
  return await site.authority.holds(request);
}

function parseMessage(data: unknown): TerminalClient {
  if (typeof data !== "string" || data.length > MAX_MESSAGE) {
    throw new KasError("invalid", "Cannot read the message: it is no text, or too long");
  }
  const result = v.safeParse(terminalClient, JSON.parse(data));
  if (result.success) return result.output;
  throw new KasError("invalid", `Cannot read the message: ${result.issues[0].message}`);
}

async function obey(call: TerminalCall, { tmuxName }: Session, message: TerminalClient) {
  const { screens, tmux } = call.context;
  switch (message.type) {
    case "input":
      return await screens.type(tmuxName, message.text);
    case "keys":
      await tmux.keys(tmuxName, message.keys);
      return screens.hurry(tmuxName);
    case "resize":
      await tmux.resize(tmuxName, message.cols, message.rows);
      return screens.hurry(tmuxName);
  }
}

/** The log tells that somebody took the keyboard, once; not what they typed. */
async function noteTyping(call: TerminalCall, session: Session): Promise<void> {
  const { actor } = call.caller;
  const message = `${session.title} was typed into`;
  await call.context.store.commit([sessionNote(session, "agent_typed_into", actor, message)]);
}
