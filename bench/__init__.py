"""What a mail costs: whole-process CPU, measured beside a bare floor in the same run."""
