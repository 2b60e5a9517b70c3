import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { yaml } from '@codemirror/lang-yaml';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { type ReactElement, useEffect, useRef } from 'react';

/** Something wrong in the text; lines and columns count from 1. */
export interface Mark {
  readonly severity: 'error' | 'warning' | 'info';
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

const LOOK = EditorView.theme({
  '&': { height: 'min(60vh, 600px)', fontSize: '13px', background: 'var(--surface)', color: 'var(--ink)' },
  '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: '1.55' },
  '.cm-gutters': { background: 'var(--ground)', color: 'var(--dim)', borderRight: '1px solid var(--line)' },
  '.cm-content': { caretColor: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-activeLine, .cm-activeLineGutter': { background: 'color-mix(in srgb, var(--code) 60%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'var(--accent-soft)',
  },
  '.cm-tooltip': {
    background: 'var(--surface)',
    color: 'var(--ink)',
    border: '1px solid var(--line-strong)',
  },
  // Marks are drawn by lines and letters: the pictures that come with the library are refused by the page's policy.
  '.cm-lintRange': { backgroundImage: 'none !important', textUnderlineOffset: '3px' },
  '.cm-lintRange-error': { textDecoration: 'underline wavy var(--bad)' },
  '.cm-lintRange-warning': { textDecoration: 'underline wavy var(--wait)' },
  '.cm-lintRange-info': { textDecoration: 'underline dotted var(--dim)' },
  '.cm-lint-marker': { content: '"●" !important', textAlign: 'center', lineHeight: '1' },
  '.cm-lint-marker-error': { content: '"●" !important', color: 'var(--bad)' },
  '.cm-lint-marker-warning': { content: '"▲" !important', color: 'var(--wait)' },
  '.cm-lint-marker-info': { content: '"·" !important', color: 'var(--dim)' },
  '.cm-foldPlaceholder': { background: 'var(--code)', color: 'var(--dim)', border: '0' },
});

/** Colours of the page's own, so that both themes are readable. */
const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--odd)' },
  { tag: tags.comment, color: 'var(--dim)', fontStyle: 'italic' },
]);

/** A text editor. `text` is what it begins with and what it changes to when somebody else changes it. */
export function CodeEditor(props: {
  readonly text: string;
  readonly language: 'json' | 'yaml';
  readonly label: string;
  readonly marks: readonly Mark[];
  /** A line to show, with a number that grows with each wish. */
  readonly goTo?: { readonly line: number; readonly wish: number } | undefined;
  readonly onChange: (text: string) => void;
}): ReactElement {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const language = useRef(new Compartment());
  const changed = useRef(props.onChange);
  changed.current = props.onChange;
  const first = useRef({ text: props.text, label: props.label });

  useEffect(() => {
    // Behind a shadow root the editor brings its styles as sheets, which the page's policy allows; it may be made twice there.
    const root = place.current!.shadowRoot ?? place.current!.attachShadow({ mode: 'open' });
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: first.current.text,
        extensions: [
          lineNumbers(),
          foldGutter(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          highlightActiveLine(),
          lintGutter(),
          LOOK,
          syntaxHighlighting(COLOURS),
          language.current.of([]),
          // Escape, then Tab, leaves the editor.
          keymap.of([...defaultKeymap, ...historyKeymap, ...foldKeymap, indentWithTab]),
          EditorView.contentAttributes.of({ 'aria-label': first.current.label }),
          EditorView.updateListener.of(({ docChanged, state }) => {
            if (docChanged) changed.current(state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);
  useEffect(() => {
    const one = props.language === 'json' ? json() : yaml();
    view.current?.dispatch({ effects: language.current.reconfigure(one) });
  }, [props.language]);
  useEffect(() => {
    const editor = view.current!;
    const now = editor.state.doc.toString();
    if (now !== props.text) editor.dispatch({ changes: { from: 0, to: now.length, insert: props.text } });
  }, [props.text]);
  useEffect(() => {
    const { state } = view.current!;
    const found = props.marks.map(({ severity, line, column, text }): Diagnostic => {
      const at = state.doc.line(Math.min(Math.max(1, line), state.doc.lines));
      const from = Math.min(at.from + Math.max(0, column - 1), at.to);
      return { from, to: at.to, severity, message: text };
    });
    view.current!.dispatch(setDiagnostics(state, found));
  }, [props.marks]);
  useEffect(() => {
    if (props.goTo === undefined) return;
    const editor = view.current!;
    const at = editor.state.doc.line(Math.min(Math.max(1, props.goTo.line), editor.state.doc.lines));
    editor.dispatch({
      selection: { anchor: at.from },
      effects: EditorView.scrollIntoView(at.from, { y: 'center' }),
    });
    editor.focus();
  }, [props.goTo]);
  return <div className="editor" ref={place} />;
}
