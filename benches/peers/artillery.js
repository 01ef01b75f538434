// The users of Artillery go on until the time is over, as those of the other tools do.
const until = Date.now() + Number(process.env.PEER_SECONDS) * 1000;
const messages = ["quantum computers", "reusable rockets", "deep sea cables", "old maps", "new batteries"];
module.exports = {
  underWay: (context, next) => next(Date.now() < until),
  fill: (request, context, events, next) => {
    context.vars.message = messages[Math.floor(Math.random() * messages.length)];
    context.vars.most = 5 + Math.floor(Math.random() * 16);
    next();
  },
};
