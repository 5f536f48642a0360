import Fastify from "fastify";

/** What a route costs that does nothing: the same answer from the same library, and nothing else. */
process.once("message", async (answer) => {
  const app = Fastify();
  app.get("/bare", (_request, reply) => reply.type("application/json").send(answer));
  process.send?.(await app.listen({ host: "127.0.0.1", port: 0 }));
});
