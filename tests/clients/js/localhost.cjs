// Every name below `localhost` is this machine (RFC 6761), also where the resolver does not know it.
const dns = require("node:dns");

const { lookup } = dns;
dns.lookup = (host, ...rest) => lookup(host.endsWith(".localhost") ? "127.0.0.1" : host, ...rest);
