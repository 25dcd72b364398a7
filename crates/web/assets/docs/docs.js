// Draws /api/openapi.json. Knows as much of OpenAPI 3.1 as our own document uses; nothing is loaded from elsewhere.

const METHODS = ["get", "post", "put", "patch", "delete"];

/** An element with attributes and children; texts are set as texts, never as HTML. */
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Text in which `code` is marked. */
function prose(text) {
  return (text ?? "").split("`").map((piece, n) => (n % 2 ? el("code", {}, piece) : piece));
}

function paragraphs(text, attributes = {}) {
  return (text ?? "").split(/\n\s*\n/).filter((part) => part.trim()).map((part) => el("p", attributes, prose(part)));
}

class Reference {
  constructor(document_) {
    this.document = document_;
  }

  operations() {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]).map((method) => ({ path, method, ...item[method] })),
    );
  }

  resolve(schema) {
    const name = schema?.$ref?.split("/").pop();
    return name ? { name, ...this.document.components.schemas[name] } : (schema ?? {});
  }

  /** What lies behind a nullable, and whether it was one. */
  unwrap(schema) {
    const options = schema.oneOf ?? schema.anyOf;
    if (!options) return [this.resolve(schema), false];
    const rest = options.filter((option) => option.type !== "null");
    return rest.length === 1 ? [this.resolve(rest[0]), rest.length < options.length] : [schema, false];
  }

  typeName(given) {
    const [schema, nullable] = this.unwrap(given);
    const orNull = nullable ? " | null" : "";
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ") + orNull;
    const types = [schema.type ?? "any"].flat();
    if (types.includes("array")) return `${this.typeName(schema.items)}[]${orNull}`;
    if (schema.name) return schema.name + orNull;
    const format = schema.format && !/^u?int|^double/.test(schema.format) ? ` (${schema.format})` : "";
    return types.join(" | ") + format + orNull;
  }

  /** The object behind a schema, through arrays and nulls. */
  inner(given) {
    const [schema] = this.unwrap(given);
    return [schema.type].flat().includes("array") ? this.inner(schema.items) : schema;
  }

  fields(given, depth = 0) {
    const schema = this.inner(given);
    if (!schema.properties) return null;
    const required = new Set(schema.required ?? []);
    const rows = Object.entries(schema.properties).map(([name, property]) => {
      const words = property.description ?? this.inner(property).description;
      const below = depth < 3 && this.inner(property).properties ? this.fields(property, depth + 1) : null;
      return el(
        "tr", {},
        el("th", { scope: "row" }, name),
        el("td", { class: "type" }, this.typeName(property), required.has(name) ? "" : " · optional"),
        el("td", {}, prose(words), below && el("details", {}, el("summary", {}, "Fields"), below)),
      );
    });
    return el("table", {}, rows);
  }

  parameters(operation) {
    const given = operation.parameters ?? [];
    if (!given.length) return null;
    const rows = given.map((parameter) =>
      el(
        "tr", {},
        el("th", { scope: "row" }, parameter.name),
        el("td", { class: "type" }, this.typeName(parameter.schema), ` in ${parameter.in}`),
        el("td", {}, prose(parameter.description)),
      ),
    );
    return [el("h4", {}, "Parameters"), el("table", {}, rows)];
  }

  body(operation) {
    const schema = operation.requestBody?.content?.["application/json"]?.schema;
    return schema && [el("h4", {}, "Body"), this.fields(schema)];
  }

  responses(operation) {
    const all = Object.entries(operation.responses);
    // What many routes share is told in one line, after what is this one's own.
    const shared = all.filter(([, response]) => response.$ref);
    const rows = all.filter(([, response]) => !response.$ref).map(([status, response]) => {
      const [type, content] = Object.entries(response.content ?? {})[0] ?? [];
      const fields = content?.schema && Number(status) < 300 ? this.fields(content.schema) : null;
      return el(
        "tr", {},
        el("th", { scope: "row", class: "status" }, status),
        el(
          "td", {},
          prose(response.description),
          fields && el("details", {}, el("summary", {}, this.typeName(content.schema)), fields),
          type && !fields && Number(status) < 300 ? el("span", { class: "quiet" }, ` ${type}`) : null,
        ),
      );
    });
    return [el("h4", {}, "Answers"), el("table", {}, rows), this.shared(shared)];
  }

  shared(responses) {
    if (!responses.length) return [];
    const rows = responses.map(([status, { $ref }]) => {
      const { description } = this.document.components.responses[$ref.split("/").pop()];
      return el("tr", {}, el("th", { scope: "row", class: "status" }, status), el("td", {}, prose(description)));
    });
    const statuses = responses.map(([status]) => status).join(", ");
    return el("details", {}, el("summary", {}, `As everywhere: ${statuses}`), el("table", {}, rows));
  }

  example(operation) {
    const line = [`curl -s ${operation.method === "get" ? "" : `-X ${operation.method.toUpperCase()} `}`];
    if (operation.security) line.push("-H 'Authorization: Bearer TOKEN' ");
    const schema = operation.requestBody?.content?.["application/json"]?.schema;
    if (schema) {
      const { properties, required = [] } = this.inner(schema);
      const names = required.length ? required : Object.keys(properties).slice(0, 1);
      const sample = (name) => this.unwrap(properties[name])[0].example ?? "…";
      const body = Object.fromEntries(names.map((name) => [name, sample(name)]));
      line.push(`--json '${JSON.stringify(body)}' `);
    }
    const path = operation.path.replace("{name}", "maya").replace("{id}", "ID");
    return [el("h4", {}, "Try it"), el("pre", { tabindex: "0" }, line.join("") + new URL(path, location.origin))];
  }

  card(operation) {
    const pieces = operation.path.split(/(\{[^}]+\})/).map((p) => (p.startsWith("{") ? el("b", {}, p) : p));
    return el(
      "section", { class: "operation", id: operation.operationId },
      el(
        "div", { class: "top" },
        el("span", { class: `method ${operation.method}` }, operation.method.toUpperCase()),
        el("span", { class: "path" }, pieces),
        operation.security ? el("span", { class: "sign" }, "signed in") : null,
      ),
      el("h3", {}, el("a", { href: `#${operation.operationId}` }, operation.summary)),
      paragraphs(operation.description),
      this.parameters(operation) ?? [],
      this.body(operation) ?? [],
      this.responses(operation),
      this.example(operation),
    );
  }

  draw(nav, main) {
    const { info, tags } = this.document;
    document.title = `${info.title} API`;
    document.getElementById("title").textContent = `${info.title} API`;
    main.replaceChildren(el("h1", {}, "API reference"), ...paragraphs(info.description, { class: "intro" }));
    const operations = this.operations();
    for (const { name } of tags) {
      const own = operations.filter((operation) => operation.tags?.includes(name));
      main.append(el("h2", {}, name), ...own.map((operation) => this.card(operation)));
      nav.append(el("strong", {}, name));
      for (const { method, operationId, summary } of own) {
        const short = { delete: "DEL" }[method] ?? method.toUpperCase();
        nav.append(
          el("a", { href: `#${operationId}` }, el("span", { class: `method ${method}` }, short), summary),
        );
      }
    }
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }
}

const main = document.getElementById("content");
try {
  const response = await fetch("/api/openapi.json");
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  new Reference(await response.json()).draw(document.getElementById("nav"), main);
} catch (error) {
  main.replaceChildren(el("h1", {}, "The reference could not be drawn"), el("p", {}, error.message));
}
