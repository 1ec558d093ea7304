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

/** Take the signals over. Each goes to the function given to `during`; the first is remembered. */
function listen() {
  let first = null;
  let act = null;
  const handle = (signal) => {
    first = first || signal;
    if (act) act(signal);
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  return {
    check() {
      if (first) throw new Cancelled(first);
    },
    /** Await the promise; signals that come meanwhile are passed to `action`. */
    async during(action, promise) {
      const before = act;
      act = action;
      try {
        return await promise;
      } finally {
        act = before;
      }
    },
    stop() {
      for (const signal of SIGNALS) process.removeListener(signal, handle);
    },
  };
}

module.exports = { exitCode, listen };
