// npm run bench: on a fresh clone with any Node.js that is new enough. What it does is in all.ts; here is only the way there.
import { bootstrap, runScript } from "../support/bootstrap.mjs";

bootstrap();
runScript("test/bench/all.ts", process.argv.slice(2));
