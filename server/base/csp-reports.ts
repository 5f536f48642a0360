import rateLimit from "@fastify/rate-limit";
import type { FastifyBaseLogger, FastifyPluginAsync } from "fastify";
import { z } from "zod";
import { parseInput } from "./errors.ts";
import { CSP_REPORT_PATH } from "./headers.ts";

const BODY_LIMIT_BYTES = 16 * 1024;
const REPORTS_A_REQUEST = 5;
const REQUESTS_A_MINUTE = 20;

const text = z.string().max(2048).catch("");

/** `report-uri` (CSP Level 2) and `report-to` (Reporting API) say the same in two spellings. */
const Report = z.union([
  z
    .object({
      "csp-report": z.object({
        "document-uri": text,
        "violated-directive": text,
        "blocked-uri": text,
      }),
    })
    .transform(({ "csp-report": each }) => [
      {
        page: each["document-uri"],
        directive: each["violated-directive"],
        blocked: each["blocked-uri"],
      },
    ]),
  z
    .array(
      z.object({
        body: z.object({ documentURL: text, effectiveDirective: text, blockedURL: text }),
      }),
    )
    .transform((reports) =>
      reports.map(({ body }) => ({
        page: body.documentURL,
        directive: body.effectiveDirective,
        blocked: body.blockedURL,
      })),
    ),
]);

/**
 * Takes what browsers report when our content security policy stopped something, and writes it to
 * the log. Browsers send it by themselves, in their own media types and without a session, so it is
 * the one change that need not be `application/json`; it changes nothing.
 */
export const cspReports: FastifyPluginAsync<{ log: FastifyBaseLogger }> = async (app, { log }) => {
  await app.register(rateLimit, { global: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ["application/csp-report", "application/reports+json"],
    { parseAs: "string", bodyLimit: BODY_LIMIT_BYTES },
    app.getDefaultJsonParser("error", "error"),
  );
  app.post(
    CSP_REPORT_PATH,
    {
      bodyLimit: BODY_LIMIT_BYTES,
      config: { rateLimit: { max: REQUESTS_A_MINUTE, timeWindow: "1 minute" } },
    },
    async (request, reply) => {
      for (const report of parseInput(Report, request.body).slice(0, REPORTS_A_REQUEST)) {
        const { directive } = report;
        log.warn(
          { directive, page: withoutQuery(report.page), blocked: withoutQuery(report.blocked) },
          "the content security policy stopped something",
        );
      }
      return reply.code(204).send();
    },
  );
};

/** Queries and fragments may hold tokens. */
const withoutQuery = (url: string): string => url.split(/[?#]/)[0] ?? "";
