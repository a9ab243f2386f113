/** The version of this build, as `kas --version` prints it. */
export const VERSION = "0.1.0";
