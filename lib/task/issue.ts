/** An issue of Linear as people write it, such as ENG-123. */
export const ISSUE = /^[A-Za-z][A-Za-z0-9]{0,9}-[1-9]\d{0,8}$/;
