import { z } from "zod";
import { AdminNotice, SystemInfo } from "#contract/system.ts";
import { adminProcedure, publicProcedure, router } from "#server/base/trpc.ts";
import { getSystemInfo, listNotices } from "./service.ts";

export const systemRouter = router({
  info: publicProcedure.output(SystemInfo).query(({ ctx }) => getSystemInfo(ctx.deps)),

  notices: adminProcedure.output(z.array(AdminNotice)).query(({ ctx }) => listNotices(ctx.deps)),
});
