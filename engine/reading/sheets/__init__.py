"""Spreadsheets: workbooks and CSV files read into typed values, and written from them."""
