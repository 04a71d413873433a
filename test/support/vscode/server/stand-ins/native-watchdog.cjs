"use strict";
// In place of the native module of the same name, which would have to be compiled: ends an extension host whose
// parent, the server, is gone.

const ORPHANED = 87;

exports.start = (parentPid) => {
  const timer = setInterval(() => {
    try {
      process.kill(parentPid, 0);
    } catch {
      process.exit(ORPHANED);
    }
  }, 1000);
  timer.unref();
};

exports.exit = (code) => process.exit(code ?? 0);
