// The site is one page that the server answers at every address; nothing is rendered elsewhere.
export const ssr = false;
export const prerender = false;
