/** Something to wait for until a test lets it happen. */
export class Latch {
  open!: () => void;
  readonly opened: Promise<void> = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}
