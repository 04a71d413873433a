/** Where the steps are told, for a person who looks for the cause of something. Never give it a secret. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
