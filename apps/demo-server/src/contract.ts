/** The events that clients of the manager may emit, with the data of each. */
export interface ToManager {
  /** A worker offers itself, at the start and after every reconnect. */
  "sign-on"(offer: Offer): void;
  /** A worker has counted a file. Sent again in a new session until it was `recorded`. */
  report(report: Report): void;
  /** A worker could not read a file. */
  unreadable(file: Unreadable): void;
  /** The console has seen the end: send all workers home. */
  dismiss(): void;
}

/** The events that the manager may emit, with the data of each. */
export interface ToClient {
  /** Asks one worker to count this file. */
  job(job: Job): void;
  /** Tells one worker that the report of this path is in the journal and need not be kept. */
  recorded(path: string): void;
  /** Sends the progress to all: a whole picture each time, so that a missed one does no harm. */
  progress(progress: Progress): void;
  /** Tells all that every file is accounted for. */
  finished(summary: Summary): void;
}

export interface Offer {
  readonly pid: number;
  /** Paths this worker was given by an earlier session and has not reported yet. */
  readonly holding: readonly string[];
}

export interface Job {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  /** Milliseconds to rest after the file, so that people have something to watch. */
  readonly rest: number;
}

export interface Report {
  readonly path: string;
  /** 32 bytes, which cross as bytes. */
  readonly sha256: Buffer;
  /** The time of the file's last change in milliseconds, as the worker saw it. */
  readonly modified: number;
  readonly bytes: number;
  readonly lines: number;
  readonly words: number;
}

export interface Unreadable {
  readonly path: string;
  /** The system's code, such as `ENOENT`. */
  readonly code: string;
}

export interface Progress {
  /** The manager's process id: a new one tells of a restart. */
  readonly pid: number;
  readonly total: number;
  readonly done: number;
  /** The workers that are connected now. */
  readonly workers: readonly WorkerState[];
  /** The workers that were lost with files in hand, and how many of these files were handed out again. */
  readonly returned: readonly Returned[];
}

export interface WorkerState {
  readonly id: string;
  readonly name: string;
  readonly pid: number;
  /** Files in hand. */
  readonly holding: number;
}

export interface Returned {
  readonly worker: string;
  readonly files: number;
}

/** The outcome of a run. */
export interface Summary {
  readonly total: number;
  readonly endings: readonly Tally[];
  readonly workers: readonly Tally[];
  readonly returned: readonly Returned[];
  /** Reports of files that were recorded already: noticed, and not counted again. */
  readonly repeats: number;
  /** Files that were deleted before they could be counted. */
  readonly gone: number;
  readonly wrong: readonly Wrong[];
}

/** The sums of one file ending, or of one worker. */
export interface Tally {
  readonly name: string;
  readonly files: number;
  readonly lines: number;
  readonly words: number;
  readonly bytes: number;
}

export interface Wrong {
  readonly worker: string;
  readonly path: string;
  readonly why: string;
}
