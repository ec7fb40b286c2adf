/** Type assertions and parentheses around an expression. */
import type ts from 'typescript';
import type { ParsedSource } from './parsed-source.js';

/** The expression with the assertions and parentheses around it. */
export function outermost(source: ParsedSource, node: ts.Expression): ts.Expression {
  const { ts } = source;
  const { parent } = node;
  const wraps =
    ts.isAsExpression(parent) ||
    ts.isParenthesizedExpression(parent) ||
    ts.isNonNullExpression(parent) ||
    ts.isTypeAssertionExpression(parent);
  return wraps ? outermost(source, parent) : node;
}

/** The expression without assertions and parentheses around it. */
export function innermost(source: ParsedSource, node: ts.Expression): ts.Expression {
  const { ts } = source;
  const wraps =
    ts.isAsExpression(node) ||
    ts.isParenthesizedExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isTypeAssertionExpression(node) ||
    ts.isSatisfiesExpression(node);
  return wraps ? innermost(source, node.expression) : node;
}
