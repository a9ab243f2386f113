/** The name the server is registered under, and so a part of the names agents see its tools by. */
export const SERVER_NAME = "kasmos";
