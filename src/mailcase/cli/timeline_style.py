"""How `timeline.html` looks: calm colours with enough contrast, by day and by night."""

STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #23272e; --soft: #5d6470; --line: #dedbd3; --card: #fff;
  --weekend: #efede6; --holiday: #f3e1c9; --letter: #1f5f8b; --staff: #5d5470; --warning: #8a5a00; --flag: #a1281f;
  --letter-bg: #e6f0f7; --staff-bg: #eeebf3; --warning-bg: #fdf1d8; --flag-bg: #fbe5e2; }
@media (prefers-color-scheme: dark) { :root { --paper: #16191d; --ink: #e7e5e0; --soft: #a7adb7; --line: #363b43;
  --card: #1d2126; --weekend: #23272d; --holiday: #3a3022; --letter: #9fd0f2; --staff: #cfc4e3; --warning: #f2c66d;
  --flag: #ff9d92; --letter-bg: #1c3344; --staff-bg: #302a3d; --warning-bg: #3b2f14; --flag-bg: #45211d; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 28px 32px 60px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; font-weight: 650; margin: 0 0 4px; letter-spacing: -.01em; }
header p, .note { color: var(--soft); margin: 0 0 10px; max-width: 70em; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 8px 22px; margin: 14px 0 22px; padding: 0; }
.letter { color: var(--letter); } .staff { color: var(--staff); } .warning { color: var(--warning); }
.flag { color: var(--flag); } .status, .due { color: var(--soft); }
.chart { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.months { position: relative; height: 30px; }
.months b { position: absolute; top: 8px; padding-left: 4px; font-weight: 600; white-space: nowrap; }
.days { display: flex; padding-left: 190px; border-bottom: 1px solid var(--line); }
.days i { flex: none; text-align: center; font: 11px/1.35 system-ui, sans-serif; color: var(--soft);
  padding: 2px 0 4px; }
.weekend { background: var(--weekend); } .holiday { background: var(--holiday); }
section { display: flex; border-bottom: 1px solid var(--line); }
section:last-child { border-bottom: 0; }
section h2 { position: sticky; left: 0; z-index: 2; flex: none; width: 190px; margin: 0; padding: 12px 14px;
  background: var(--card); border-right: 1px solid var(--line); font: 600 13px/1.4 ui-monospace, monospace; }
section small { display: block; font: 12px/1.4 system-ui, sans-serif; color: var(--soft); overflow-wrap: anywhere; }
ol { position: relative; flex: 1; list-style: none; margin: 0; padding: 0; }
ol i { position: absolute; top: 0; bottom: 0; }
li { white-space: nowrap; }
ol li { position: absolute; z-index: 1; font-size: 12px; line-height: 20px; padding: 0 7px 0 5px;
  border-radius: 0 10px 10px 0; border-left: 3px solid currentColor; background: var(--letter-bg); }
ol li.staff { background: var(--staff-bg); } ol li.letter.staff { color: var(--staff); }
ol li.warning { background: var(--warning-bg); } ol li.flag { background: var(--flag-bg); font-weight: 650; }
ol li.status, ol li.due { background: var(--weekend); }
li a { color: inherit; text-decoration: none; } li a:hover, li a:focus { text-decoration: underline; }
.note { margin: 12px 2px; font-size: 13px; }
article { max-width: 760px; margin-top: 34px; } article h2 { font-size: 19px; margin: 0 0 8px; }
details { border-top: 1px solid var(--line); } summary { padding: 8px 2px; cursor: pointer; }
details:target { background: var(--letter-bg); }
pre { white-space: pre-wrap; font: 14px/1.55 system-ui, sans-serif; background: var(--card); padding: 16px 18px;
  border: 1px solid var(--line); border-radius: 10px; }
"""
