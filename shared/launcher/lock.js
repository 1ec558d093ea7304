"use strict";
// A lock file that says who holds it. The holder touches it while it works. Whoever waits takes it
// away from a holder that is dead: a process of this host that isn't there any more, or one that
// hasn't touched the file for a while. What is made under the lock is put into place atomically, so
// a lock that is taken wrongly costs work done twice, and breaks nothing.

const crypto = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");

const HEARTBEAT = 2000; // milliseconds
const SILENT = 30_000; // milliseconds without a heartbeat, seen by the one who waits
const POLL = 100; // milliseconds

/**
 * Take the lock if it is free.
 *
 * `note` is written into it for whoever finds the holder dead. Returns a function that gives it
 * back, or null when somebody holds it.
 */
function take(file, note) {
  const holder = JSON.stringify({ pid: process.pid, host: host(), mark: mark(), note });
  try {
    fs.writeFileSync(file, holder, { flag: "wx" });
  } catch (error) {
    if (error.code === "EEXIST") return null;
    if (error.syscall === "write") fs.rmSync(file, { force: true }); // made, but the disk is full
    throw error;
  }
  const timer = setInterval(() => beat(file, holder), HEARTBEAT);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (contents(file) === holder) fs.rmSync(file, { force: true });
  };
}

/** Watches a lock that somebody else holds. */
function watch(file) {
  let seen = "";
  let since = Date.now();
  return {
    poll: POLL,
    /** Remove the lock if its holder is dead. Returns the dead holder's note, else null. */
    broken() {
      const holder = contents(file);
      const state = holder && `${holder} ${fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs}`;
      if (state !== seen) [seen, since] = [state, Date.now()];
      if (!holder || (!dead(holder) && Date.now() - since < SILENT)) return null;
      return removed(file, holder) ? noteOf(holder) : null;
    },
  };
}

function dead(holder) {
  const { pid, host: where } = parsed(holder);
  if (where !== host() || !pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

// Two who wait may both find it dead: only the one that removes that very lock may go on, and a new
// lock that got there meanwhile is put back.
function removed(file, holder) {
  const aside = `${file}.${mark()}`;
  try {
    fs.renameSync(file, aside);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return false;
  }
  const right = contents(aside) === holder;
  if (!right && !fs.existsSync(file)) fs.renameSync(aside, file);
  fs.rmSync(aside, { force: true });
  return right;
}

function beat(file, holder) {
  const now = new Date();
  try {
    if (contents(file) === holder) fs.utimesSync(file, now, now);
  } catch {
    // Somebody took it away: what is being made is still put into place or thrown away whole.
  }
}

function contents(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return "";
    throw error;
  }
}

function parsed(holder) {
  try {
    return JSON.parse(holder);
  } catch {
    return {}; // half written: without a heartbeat it falls by that
  }
}

function noteOf(holder) {
  return parsed(holder).note || "";
}

// Process ids mean something within one host and, on Linux, one process namespace: containers share
// a tool cache and a host name, but not these.
function host() {
  try {
    return `${os.hostname()} ${fs.readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return os.hostname();
  }
}

function mark() {
  return crypto.randomBytes(6).toString("hex");
}

module.exports = { take, watch };
