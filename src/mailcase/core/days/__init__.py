"""Time as a firm counts it: calendars, business days and hours, dates in words."""
