/** The settings of the manager's process, from its environment. */
export interface Settings {
  /** The endpoint's name, `IPC_DEMO_NAME`. */
  readonly name: string;
  /** The password of all processes of this run, `IPC_DEMO_PASSWORD`. */
  readonly password: string;
  /** The folder to count, `IPC_DEMO_FOLDER`. */
  readonly folder: string;
  /** The file that remembers results over a restart, `IPC_DEMO_JOURNAL`. */
  readonly journal: string;
  /** The least time of three workers in seconds, `IPC_DEMO_SECONDS`. */
  readonly seconds: number;
}

/** Read the settings from an environment. Throws an `Error` that names the variable that is missing or wrong. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const text = (variable: string): string => {
    const value = environment[variable];
    if (value === undefined || value === "") throw new Error(`Set ${variable}.`);
    return value;
  };
  const seconds = Number(text("IPC_DEMO_SECONDS"));
  if (!(seconds >= 0)) throw new Error("IPC_DEMO_SECONDS is a number of seconds, 0 or more.");
  return {
    name: text("IPC_DEMO_NAME"),
    password: text("IPC_DEMO_PASSWORD"),
    folder: text("IPC_DEMO_FOLDER"),
    journal: text("IPC_DEMO_JOURNAL"),
    seconds,
  };
}
