import type { Paths } from "../config/paths.ts";

/** kas as services of the user: what they are, and what a service manager has to do for them. */

export const SERVICES = ["daemon", "serve"] as const;
export type ServiceName = typeof SERVICES[number];

/** One service, the same for every manager. */
export interface ServiceSpec {
  readonly name: ServiceName;
  readonly description: string;
  /** Unit of systemd. */
  readonly unit: string;
  /** Label of launchd. */
  readonly label: string;
  /** Words after `kas`. */
  readonly args: readonly string[];
  /** File name of the log where there is no journal. */
  readonly log: string;
}

/** All services of kas. */
export const SPECS: Readonly<Record<ServiceName, ServiceSpec>> = {
  daemon: {
    name: "daemon",
    description: "kas daemon, which drives tasks",
    unit: "kasmos.service",
    label: "com.kasmos.daemon",
    args: ["daemon", "start", "--foreground"],
    log: "daemon.log",
  },
  serve: {
    name: "serve",
    description: "kas serve, the HTTP API and the web admin",
    unit: "kasmosdb.service",
    label: "com.kasmos.taskstore",
    args: ["serve"],
    log: "taskstore.log",
  },
};

/** How the program is started, and with what around it. */
export interface ServiceLaunch {
  /** The argv that runs kas; the first word is absolute. */
  readonly program: readonly string[];
  /** The version of that program. It stands in the file, so that another one is a change of it. */
  readonly version: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What a program said. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Where services are installed, and how programs are asked there. */
export interface ServiceHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly paths: Paths;
  /** Runs a program to its end. @throws KasError "missing_program" */
  run(argv: readonly string[]): Promise<Said>;
}

/** What became of an installation. */
export interface Installed {
  readonly service: ServiceName;
  readonly file: string;
  /** Whether the file is new or other than before. */
  readonly changed: boolean;
  readonly action: "started" | "restarted" | "unchanged";
}

/** What became of a removal. */
export interface Uninstalled {
  readonly service: ServiceName;
  readonly file: string;
  /** False when it was not installed. */
  readonly removed: boolean;
}

/** How a service is. */
export interface ServiceStatus {
  readonly service: ServiceName;
  readonly installed: boolean;
  readonly running: boolean;
  /** In the words of the manager: "active (running)". */
  readonly state: string;
  readonly pid: number | null;
  /** Whether it is started at login. */
  readonly enabled: boolean;
  readonly file: string;
}

/** systemd or launchd, seen by kas. */
export interface ServiceManager {
  readonly kind: "systemd" | "launchd";
  fileOf(spec: ServiceSpec): string;
  /** The file as it would be written. @throws KasError "invalid" for what cannot be written into one */
  render(spec: ServiceSpec, launch: ServiceLaunch): string;
  /** Refuses when the manager cannot be reached. @throws KasError "missing_program", "internal" */
  check(): Promise<void>;
  /** @throws KasError "guard" when a file that kas did not write is in the way */
  install(spec: ServiceSpec, launch: ServiceLaunch): Promise<Installed>;
  /** @throws KasError "guard" when kas did not write the file */
  uninstall(spec: ServiceSpec): Promise<Uninstalled>;
  status(spec: ServiceSpec): Promise<ServiceStatus>;
  /** The argv that prints the end of the log. */
  logArgv(spec: ServiceSpec, options: { lines: number; follow: boolean }): readonly string[];
  /** Advice on what the user should do beside, such as lingering; null without any. */
  advice(): Promise<string | null>;
}
