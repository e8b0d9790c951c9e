import type { Job, Report } from "@ipc-apps/demo-server/contract";

/**
 * The work that must outlast the connection of a worker: the jobs it has not finished, and the
 * reports that the manager has not recorded.
 */
export class Desk {
  readonly #jobs = new Map<string, Job>();
  readonly #reports = new Map<string, Report>();

  /** The paths of all jobs that are not finished, or not recorded. */
  get holding(): string[] {
    return [...this.#jobs.keys(), ...this.#reports.keys()];
  }

  /** The reports to send again in a new session. */
  get unrecorded(): Report[] {
    return [...this.#reports.values()];
  }

  /** The oldest unfinished job. */
  get next(): Job | undefined {
    for (const job of this.#jobs.values()) return job;
    return undefined;
  }

  /** Accept a job; one that is here already changes nothing. */
  accept(job: Job): void {
    this.#jobs.set(job.path, job);
  }

  /** A job is done: keep its report until it is recorded. */
  finish(report: Report): void {
    this.#jobs.delete(report.path);
    this.#reports.set(report.path, report);
  }

  /** Give a job up without a report. */
  drop(path: string): void {
    this.#jobs.delete(path);
  }

  /** The manager has the report. */
  forget(path: string): void {
    this.#reports.delete(path);
  }
}
