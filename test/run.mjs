// npm test: on a fresh clone with any Node.js that is new enough. What it does is in support/run.ts; here is only the way there.
import { bootstrap, runScript } from "./support/bootstrap.mjs";

bootstrap();
runScript("test/support/run.ts", process.argv.slice(2));
