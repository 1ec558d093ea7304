"use strict";
// SIGINT and SIGTERM for as long as the launcher works. An agent that cancels sends both, some
// seconds apart, and expects the step to end by itself.

const os = require("node:os");
const { Cancelled } = require("./failure.js");

const SIGNALS = ["SIGINT", "SIGTERM"];

/** 130 for SIGINT, 143 for SIGTERM, as shells have it. */
function exitCode(signal) {
  return 128 + os.constants.signals[signal];
}

/** Take the signals over. Each goes to the functions given to `during`; the first is remembered. */
function listen() {
  let first = null;
  const actions = new Set();
  const handle = (signal) => {
    first = first || signal;
    for (const action of actions) action(signal);
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  return {
    check() {
      if (first) throw new Cancelled(first);
    },
    /** Await the promise; signals that come meanwhile are passed to `action`. Several may wait. */
    async during(action, promise) {
      const own = (signal) => action(signal); // one entry for each who waits
      actions.add(own);
      try {
        return await promise;
      } finally {
        actions.delete(own);
      }
    },
    stop() {
      for (const signal of SIGNALS) process.removeListener(signal, handle);
    },
  };
}

module.exports = { exitCode, listen };
