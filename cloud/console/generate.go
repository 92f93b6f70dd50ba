package console

// The desk's script is built by a tool of ours, not by Node, and committed; a test
// builds it again and compares.
//go:generate go tool -modfile=../../scripts/tools/go.mod esbuild desk/main.tsx --bundle --minify --format=esm --target=es2022 --jsx=automatic --jsx-import-source=preact --alias:preact=./desk/third_party/preact/preact.mjs --alias:preact/hooks=./desk/third_party/preact/hooks.mjs --alias:preact/jsx-runtime=./desk/third_party/preact/jsxRuntime.mjs --log-level=warning --outfile=static/desk.js
