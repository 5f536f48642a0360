import { onTestFinished } from "vitest";
import type { ConnectForm } from "#contract/connections.ts";
import { startFakeS3 } from "#tests/support/fake-s3.ts";
import { startFaultServer } from "#tests/support/fault-server.ts";
import type { FolderNode } from "#tests/support/fault-tree.ts";

/** Somebody's storage of one kind, as uploads leave it. */
export interface Cloud {
  readonly form: ConnectForm;
  /** More than a part, and no more than it takes. */
  readonly sizeBytes: number;
  /** Every file by its path, hidden ones too. */
  files(): ReadonlyMap<string, Buffer>;
  /** What it keeps of files that are none yet. */
  leftovers(): number;
}

const MB = 1024 * 1024;

export async function startNextcloud() {
  const cloud = await startFaultServer({ persona: "nextcloud" });
  return { cloud, ...(await toCloud(cloud, 10 * MB + 5_000)) };
}

export async function startDav() {
  const cloud = await startFaultServer();
  return { cloud, ...(await toCloud(cloud, 300_000)) };
}

async function toCloud(
  cloud: Awaited<ReturnType<typeof startFaultServer>>,
  sizeBytes: number,
): Promise<Cloud> {
  onTestFinished(() => cloud.stop());
  const { url, username, password } = cloud;
  return {
    form: { provider: "webdav", url, username, password },
    sizeBytes,
    files: () => filesOf(cloud.tree.top),
    leftovers: () => cloud.unfinishedUploads().length,
  };
}

export async function startBucket() {
  const cloud = await startFakeS3();
  onTestFinished(() => cloud.stop());
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = cloud;
  const keys = { region, bucket, accessKeyId, secretAccessKey };
  const s3: Cloud = {
    form: { provider: "s3", endpoint, ...keys, pathStyle: true },
    sizeBytes: 8 * MB + 5_000,
    files: () => new Map([...cloud.objects].map(([key, { bytes }]) => [key, bytes])),
    leftovers: cloud.keptParts,
  };
  return { cloud, ...s3 };
}

function filesOf(folder: FolderNode, above = ""): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const [name, node] of folder.children) {
    if (node.kind === "file") found.set(above + name, node.bytes(0, node.sizeBytes - 1));
    else for (const each of filesOf(node, `${above}${name}/`)) found.set(...each);
  }
  return found;
}
