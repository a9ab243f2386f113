import { FitAddon } from "@xterm/addon-fit";
import { type ITheme, Terminal } from "@xterm/xterm";
import css from "@xterm/xterm/css/xterm.css" with { type: "text" };
import type { TerminalClient, TerminalServer } from "../../../lib/api/schema/instances.ts";
import { isReply, LEAVE_KEY, screenBytes, widthOf } from "../pure/instances.ts";
import { adopt, withAllowedStyles } from "./styles.ts";

/**
 * A terminal in the page. What an agent writes reaches the page only through the terminal's own
 * parser: links (OSC 8), the clipboard (OSC 52) and the title are off, and answers to queries are not
 * sent, since the agent's real terminal has answered already.
 */

adopt(css);

const DARK: ITheme = {
  background: "#0b0c0e",
  foreground: "#d8dae0",
  cursor: "#d8dae0",
  cursorAccent: "#0b0c0e",
  selectionBackground: "#33438a",
  black: "#3a3d45",
  red: "#ff8a80",
  green: "#5cc98f",
  yellow: "#e0ac4f",
  blue: "#7cabff",
  magenta: "#c29bff",
  cyan: "#56c5ca",
  white: "#d8dae0",
  brightBlack: "#9398a3",
  brightRed: "#ff8a80",
  brightGreen: "#5cc98f",
  brightYellow: "#e0ac4f",
  brightBlue: "#7cabff",
  brightMagenta: "#c29bff",
  brightCyan: "#56c5ca",
  brightWhite: "#ffffff",
};
const LIGHT: ITheme = {
  background: "#fbfbfa",
  foreground: "#1b1c1e",
  cursor: "#1b1c1e",
  cursorAccent: "#fbfbfa",
  selectionBackground: "#ccd6ff",
  black: "#1b1c1e",
  red: "#b42323",
  green: "#1a7f4b",
  yellow: "#925a00",
  blue: "#2159c7",
  magenta: "#7a3fc4",
  cyan: "#0e7176",
  white: "#63666d",
  brightBlack: "#63666d",
  brightRed: "#b42323",
  brightGreen: "#1a7f4b",
  brightYellow: "#925a00",
  brightBlue: "#2159c7",
  brightMagenta: "#7a3fc4",
  brightCyan: "#0e7176",
  brightWhite: "#46484d",
};
/** Operating system commands a program could reach out of the terminal with. */
const REFUSED_OSC = [0, 1, 2, 7, 8, 9, 52, 99, 133, 633, 777, 1337];

/** What the page hears of a terminal. */
export interface TerminalEvents {
  readonly onState: (state: TerminalState) => void;
  readonly onError: (text: string) => void;
  /** Somebody wants to leave it with the keyboard: Tab is the agent's while one may type. */
  readonly onLeave: () => void;
}

/** How the connection stands. */
export interface TerminalState {
  readonly link: "connecting" | "open" | "closed";
  readonly writable: boolean;
  /** Why it ended; empty while it has not, and when the connection was lost. */
  readonly reason: string;
  readonly size: string;
}

/** A terminal that is shown somewhere. */
export interface OpenTerminal {
  readonly focus: () => void;
  readonly setDark: (dark: boolean) => void;
  /** Gives the agent's terminal the size of this one. */
  readonly fit: () => void;
  readonly close: () => void;
}

function makeTerminal(
  host: HTMLElement,
  dark: boolean,
  label: string,
): Terminal {
  const terminal = new Terminal({
    allowProposedApi: false,
    convertEol: false,
    cursorBlink: false,
    disableStdin: true,
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue(
      "--mono",
    ),
    fontSize: 12.5,
    lineHeight: 1.2,
    linkHandler: { activate: () => {} },
    logLevel: "off",
    minimumContrastRatio: 4.5,
    screenReaderMode: false,
    scrollback: 0,
    theme: dark ? DARK : LIGHT,
  });
  for (const code of REFUSED_OSC) {
    terminal.parser.registerOscHandler(code, () => true);
  }
  withAllowedStyles(() => terminal.open(host));
  terminal.textarea?.setAttribute("aria-label", label);
  // A terminal that takes no keys must not hold anybody in it either.
  terminal.attachCustomKeyEventHandler(({ key }) =>
    key !== LEAVE_KEY && (key !== "Tab" || terminal.options.disableStdin !== true)
  );
  return terminal;
}

/** Shows a text that does not change: the last screen of an agent that has ended. */
export function showScreen(
  host: HTMLElement,
  screen: string,
  dark: boolean,
): () => void {
  const terminal = makeTerminal(host, dark, "Last screen");
  const lines = screen.split("\n");
  terminal.resize(
    Math.max(80, ...lines.map(widthOf)),
    Math.max(2, lines.length),
  );
  terminal.write(screenBytes(screen, null));
  return () => terminal.dispose();
}

const RETRY_MS = 1_500;

/**
 * Shows the live terminal of an agent.
 * @param address of its WebSocket
 */
export function openTerminal(
  host: HTMLElement,
  address: string,
  dark: boolean,
  events: TerminalEvents,
): OpenTerminal {
  const terminal = makeTerminal(host, dark, "Terminal");
  const fitter = new FitAddon();
  terminal.loadAddon(fitter);
  let state: TerminalState = {
    link: "connecting",
    writable: false,
    reason: "",
    size: "",
  };
  let socket: WebSocket | null = null;
  let gone = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const tell = (change: Partial<TerminalState>): void => {
    state = { ...state, ...change };
    terminal.options.disableStdin = !state.writable || state.link !== "open";
    events.onState(state);
  };
  const send = (message: TerminalClient): void => {
    if (socket?.readyState === WebSocket.OPEN) {
      socket.send(JSON.stringify(message));
    }
  };
  const hear = (message: TerminalServer): void => {
    switch (message.type) {
      case "screen": {
        const { cols, rows, screen, cursor } = message;
        if (cols !== terminal.cols || rows !== terminal.rows) {
          terminal.resize(cols, rows);
        }
        terminal.write(screenBytes(screen, cursor));
        return tell({ size: `${cols} × ${rows}` });
      }
      case "status":
        return tell({ link: "open", writable: message.writable });
      case "error":
        return events.onError(message.detail);
      case "end":
        return tell({ link: "closed", reason: message.reason });
    }
  };
  const connect = (): void => {
    tell({ link: "connecting", reason: "" });
    socket = new WebSocket(address);
    socket.addEventListener(
      "message",
      ({ data }) => hear(JSON.parse(String(data))),
    );
    socket.addEventListener("close", () => {
      if (gone || state.reason !== "") return;
      tell({ link: "closed" });
      retry = setTimeout(connect, RETRY_MS);
    });
  };
  host.addEventListener("keydown", (event) => {
    if (event.key !== LEAVE_KEY) return;
    event.preventDefault();
    events.onLeave();
  });
  terminal.onData((text) => {
    if (!isReply(text)) send({ type: "input", text });
  });
  connect();
  return {
    focus: () => terminal.focus(),
    setDark: (now) => {
      terminal.options.theme = now ? DARK : LIGHT;
    },
    fit: () => {
      const size = fitter.proposeDimensions();
      if (size !== undefined) {
        send({ type: "resize", cols: size.cols, rows: size.rows });
      }
    },
    close: () => {
      gone = true;
      clearTimeout(retry);
      socket?.close();
      terminal.dispose();
    },
  };
}
