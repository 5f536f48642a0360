import { logOut } from "#server/storage/media-server.ts";
import type { StorageIo } from "#server/storage/provider.ts";
import { type Credential, toDevice } from "./credential.ts";

/** A sign-in was made for us. An API key was made by somebody, who may use it elsewhere. */
export const accessOf = ({ url, token, account }: Credential): string | null =>
  account ? JSON.stringify([new URL(url).host, token]) : null;

/** Signs out: the token works no more. */
export const revoke = (credential: Credential, io: StorageIo): Promise<void> =>
  logOut(io, credential, toDevice(credential), credential.token, io.signal);
