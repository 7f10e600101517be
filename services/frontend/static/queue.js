// Runs tasks, each a function that returns a promise, in their order: so many at once, the others
// wait. A task that fails makes room for the next as well.
export class Queue {
  #limit;
  #waiting = [];
  #running = 0;

  constructor(limit) {
    this.#limit = limit;
  }

  add(task) {
    this.#waiting.push(task);
    this.#start();
  }

  #start() {
    while (this.#running < this.#limit && this.#waiting.length) {
      this.#running += 1;
      const task = this.#waiting.shift();
      task().finally(() => { this.#running -= 1; this.#start(); });
    }
  }
}
