"""
Runs Python for the tests. A line of stdin is JSON, {"code": "…"}; the code ends with an expression, and its names stay.
A line of stdout answers it, {"value": "the repr of the expression"} or {"error": "…"}.
"""

import ast
import json
import sys
import traceback

from scope import scope


def run(code):
    *statements, last = ast.parse(code).body
    exec(compile(ast.Module(statements, []), "<test>", "exec"), scope)
    return eval(compile(ast.Expression(last.value), "<test>", "eval"), scope)


def answer(request):
    try:
        return {"value": repr(run(request["code"]))}
    except Exception as error:
        return {"error": "".join(traceback.format_exception_only(type(error), error)).strip()}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
