/** Made by build.mjs of what lies in `languages/`: English comes with the page, each other one when it is wanted. */
declare module "languages" {
  export const english: typeof import("../../languages/en.json");
  export const others: Readonly<Record<string, (() => Promise<{ default: Readonly<Record<string, string>> }>) | undefined>>;
}

/** The name of the worker's file, from build.mjs. */
declare const WORKER_FILE: string;
